/** Networks that can be watched and spoiled: a relay between a client and a real server. */
@NullMarked
package io.millrace.testkit.network;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.millrace.standalone.cluster;

import org.jspecify.annotations.NullMarked;

/**
 * What Millrace must hold as a whole, tried on real processes over real servers and a real mount.
 */
@NullMarked
package io.millrace.testkit.cluster;

import org.jspecify.annotations.NullMarked;

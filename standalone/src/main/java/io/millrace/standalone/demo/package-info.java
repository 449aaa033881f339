/**
 * The demonstration's parts: a data set that can be made again from its seed, the bucket it is put
 * into, and passes that read it and check every byte.
 */
@NullMarked
package io.millrace.standalone.demo;

import org.jspecify.annotations.NullMarked;

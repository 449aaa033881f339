/** Tests of the cache on local disk, on a real file system. */
@NullMarked
package io.millrace.cache;

import org.jspecify.annotations.NullMarked;

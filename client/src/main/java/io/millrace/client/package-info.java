/**
 * The read path for any Java consumer: resolve a path, open it, read it from a cache directory on
 * this host, from a worker, or from the under store.
 */
@NullMarked
package io.millrace.client;

import org.jspecify.annotations.NullMarked;

/**
 * The cache on local disk: layout, index, eviction, recovery, checksums. A worker writes it through
 * {@code CacheStore}; agents on the same host read it through {@link
 * io.millrace.cache.CacheReader}, which never calls the worker.
 */
@NullMarked
package io.millrace.cache;

import org.jspecify.annotations.NullMarked;

/**
 * The under store (UFS): the object store or directory behind a mount. {@link
 * io.millrace.understore.UnderStores} opens one, {@link io.millrace.understore.UnderStore} is the
 * contract that one conformance suite checks for every store.
 */
@NullMarked
package io.millrace.understore;

import org.jspecify.annotations.NullMarked;

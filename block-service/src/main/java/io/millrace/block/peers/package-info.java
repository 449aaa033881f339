/** Bytes that other workers have. {@link io.millrace.block.peers.Peers} is the way in. */
@NullMarked
package io.millrace.block.peers;

import org.jspecify.annotations.NullMarked;

/** Tests of the worker, over real directories, servers and processes. */
@NullMarked
package io.millrace.block.peers;

import org.jspecify.annotations.NullMarked;

/** Tests of the worker, over real directories, servers and processes. */
@NullMarked
package io.millrace.block.dataport;

import org.jspecify.annotations.NullMarked;

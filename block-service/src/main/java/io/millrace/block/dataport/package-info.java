/**
 * The data port: HTTP/1.1 range reads of cached and fetched bytes. Façade: {@link
 * io.millrace.block.dataport.DataPortServer}.
 */
@NullMarked
package io.millrace.block.dataport;

import org.jspecify.annotations.NullMarked;

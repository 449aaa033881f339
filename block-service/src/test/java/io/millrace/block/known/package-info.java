@NullMarked
package io.millrace.block.known;

import org.jspecify.annotations.NullMarked;

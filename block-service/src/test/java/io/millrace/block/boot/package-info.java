@NullMarked
package io.millrace.block.boot;

import org.jspecify.annotations.NullMarked;

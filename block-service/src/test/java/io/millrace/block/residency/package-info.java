@NullMarked
package io.millrace.block.residency;

import org.jspecify.annotations.NullMarked;

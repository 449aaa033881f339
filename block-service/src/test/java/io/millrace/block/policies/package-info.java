@NullMarked
package io.millrace.block.policies;

import org.jspecify.annotations.NullMarked;

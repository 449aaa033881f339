@NullMarked
package io.millrace.console.overview;

import org.jspecify.annotations.NullMarked;

/**
 * Which of the files below a path a job is about: patterns of paths, bounds of size and age. Pure
 * functions, without I/O.
 */
@NullMarked
package io.millrace.job.selection;

import org.jspecify.annotations.NullMarked;

/** How the stores of this service speak to Postgres. */
@NullMarked
package io.millrace.metadata.database;

import org.jspecify.annotations.NullMarked;

/**
 * What is known of jobs: their states, their counts, and the database that keeps both. Façade:
 * {@link io.millrace.job.ledger.Ledger}.
 */
@NullMarked
package io.millrace.job.ledger;

import org.jspecify.annotations.NullMarked;

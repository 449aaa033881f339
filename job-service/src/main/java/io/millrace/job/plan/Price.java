package io.millrace.job.plan;

import java.math.BigDecimal;

/**
 * What the bucket's owner charges.
 *
 * @param amount exact to 6 decimals
 * @param currency as ISO 4217 has it
 */
public record Price(BigDecimal amount, String currency) {}

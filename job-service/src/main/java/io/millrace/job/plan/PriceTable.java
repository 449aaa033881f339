package io.millrace.job.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * What a bucket's owner charges.
 *
 * @param getPerThousand for 1,000 GETs
 * @param headPerThousand for 1,000 HEADs
 * @param egressPerGib for 1 GiB that leaves the bucket
 * @param currency of all of them
 */
public record PriceTable(
        BigDecimal getPerThousand,
        BigDecimal headPerThousand,
        BigDecimal egressPerGib,
        String currency) {

    private static final int DECIMALS = 6;
    private static final BigDecimal GIB = BigDecimal.valueOf(1L << 30);

    Price of(Estimate.Requests requests, long bytes) {
        BigDecimal asked =
                getPerThousand
                        .multiply(BigDecimal.valueOf(requests.get()))
                        .add(headPerThousand.multiply(BigDecimal.valueOf(requests.head())))
                        .movePointLeft(3);
        // Dividing by a power of two is exact.
        BigDecimal moved = egressPerGib.multiply(BigDecimal.valueOf(bytes)).divide(GIB);
        return new Price(asked.add(moved).setScale(DECIMALS, RoundingMode.HALF_UP), currency);
    }
}

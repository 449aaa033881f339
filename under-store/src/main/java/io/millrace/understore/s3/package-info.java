/** Under stores that speak the S3 protocol, by the AWS SDK's blocking client. */
@NullMarked
package io.millrace.understore.s3;

import org.jspecify.annotations.NullMarked;

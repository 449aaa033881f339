/**
 * What an agent leaves to its successor: a killed agent's connection lives on in the hands of a
 * holder, and the next agent goes on with what is written here.
 */
@NullMarked
package io.millrace.agent.takeover;

import org.jspecify.annotations.NullMarked;

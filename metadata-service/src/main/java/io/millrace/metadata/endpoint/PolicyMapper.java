package io.millrace.metadata.endpoint;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.EffectivePolicy;
import io.millrace.contracts.v1.Eviction;
import io.millrace.contracts.v1.PolicyAttribute;
import io.millrace.contracts.v1.PolicyOrigin;
import io.millrace.contracts.v1.Quota;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Policies to messages and back. */
final class PolicyMapper {

    private PolicyMapper() {}

    /** What a client asks for; unlike in a table, nothing of it may be left out. */
    static PathPolicy asked(io.millrace.contracts.v1.PathPolicy message) {
        if (message.getEviction() == Eviction.UNRECOGNIZED) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "eviction " + message.getEvictionValue() + " is not known to this version");
        }
        return Messages.fromMessage(message);
    }

    static Set<PathPolicy.Attribute> attributes(List<PolicyAttribute> messages) {
        Set<PathPolicy.Attribute> attributes = EnumSet.noneOf(PathPolicy.Attribute.class);
        for (PolicyAttribute message : messages) {
            attributes.add(
                    switch (message) {
                        case POLICY_ATTRIBUTE_PINNED -> PathPolicy.Attribute.PINNED;
                        case POLICY_ATTRIBUTE_TTL -> PathPolicy.Attribute.TTL;
                        case POLICY_ATTRIBUTE_REPLICAS -> PathPolicy.Attribute.REPLICAS;
                        case POLICY_ATTRIBUTE_QUOTA -> PathPolicy.Attribute.QUOTA;
                        case POLICY_ATTRIBUTE_PRIORITY -> PathPolicy.Attribute.PRIORITY;
                        case POLICY_ATTRIBUTE_EVICTION -> PathPolicy.Attribute.EVICTION;
                        case POLICY_ATTRIBUTE_UNSPECIFIED, UNRECOGNIZED ->
                                throw new MillraceException(
                                        ErrorCode.INVALID_ARGUMENT,
                                        "an attribute to remove is not known to this version");
                    });
        }
        return attributes;
    }

    /** Those of paths at and below {@code below}. */
    static PathPolicies below(PathPolicies policies, NamespacePath below) {
        return new PathPolicies(
                policies.byPath().entrySet().stream()
                        .filter(entry -> entry.getKey().startsWith(below))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    static EffectivePolicy effective(NamespacePath path, PathPolicies.Effective effective) {
        EffectivePolicy.Builder message =
                EffectivePolicy.newBuilder()
                        .setPath(path.toString())
                        .setPolicy(Messages.toMessage(path, values(effective)));
        origins(
                effective,
                (attribute, origin) ->
                        message.addOrigins(
                                PolicyOrigin.newBuilder()
                                        .setAttribute(message(attribute))
                                        .setPath(origin.toString())));
        for (var quota : effective.quotas()) {
            message.addQuotas(
                    Quota.newBuilder()
                            .setPath(quota.origin().toString())
                            .setBytes(quota.value().bytes()));
        }
        return message.build();
    }

    /** What holds, with the defaults. */
    static PathPolicy values(PathPolicies.Effective effective) {
        return new PathPolicy(
                value(effective.pinned()),
                value(effective.ttl()),
                effective.replicasOr(PathPolicy.DEFAULT_REPLICAS),
                effective.quotas().isEmpty() ? null : effective.quotas().getLast().value(),
                effective.priorityOrDefault(),
                value(effective.eviction()));
    }

    private static <T> @Nullable T value(PathPolicies.@Nullable Origin<T> origin) {
        return origin == null ? null : origin.value();
    }

    /** Tells {@code each} which path says what holds. */
    static void origins(
            PathPolicies.Effective effective,
            BiConsumer<PathPolicy.Attribute, NamespacePath> each) {
        for (PathPolicy.Attribute attribute : PathPolicy.Attribute.values()) {
            PathPolicies.Origin<?> origin =
                    switch (attribute) {
                        case PINNED -> effective.pinned();
                        case TTL -> effective.ttl();
                        case REPLICAS -> effective.replicas();
                        case QUOTA ->
                                effective.quotas().isEmpty() ? null : effective.quotas().getLast();
                        case PRIORITY -> effective.priority();
                        case EVICTION -> effective.eviction();
                    };
            if (origin != null) {
                each.accept(attribute, origin.origin());
            }
        }
    }

    private static PolicyAttribute message(PathPolicy.Attribute attribute) {
        return switch (attribute) {
            case PINNED -> PolicyAttribute.POLICY_ATTRIBUTE_PINNED;
            case TTL -> PolicyAttribute.POLICY_ATTRIBUTE_TTL;
            case REPLICAS -> PolicyAttribute.POLICY_ATTRIBUTE_REPLICAS;
            case QUOTA -> PolicyAttribute.POLICY_ATTRIBUTE_QUOTA;
            case PRIORITY -> PolicyAttribute.POLICY_ATTRIBUTE_PRIORITY;
            case EVICTION -> PolicyAttribute.POLICY_ATTRIBUTE_EVICTION;
        };
    }
}

package io.millrace.agent.fuse.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Links the C library's functions, and keeps with which signatures: a native image can link only
 * what its reachability metadata registers, and a test compares the two.
 */
final class Downcalls {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Set<Signature> LINKED = ConcurrentHashMap.newKeySet();

    /** How a function is called, whichever it is. */
    record Signature(FunctionDescriptor descriptor, List<Linker.Option> options) {}

    private Downcalls() {}

    static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        LINKED.add(new Signature(descriptor, List.of(options)));
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    /** The signatures of all classes that have been initialised so far. */
    static Set<Signature> linked() {
        return Set.copyOf(LINKED);
    }
}

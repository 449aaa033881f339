package io.millrace.contracts;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;

/**
 * Serves gRPC calls on virtual threads of their own, so that their methods may block.
 *
 * <p>In place of Quarkus' annotations: its listener for {@code @RunOnVirtualThread} (3.33) queues
 * what arrives until the method's own listener is there, and an event that comes at just that
 * moment stays in the queue. When it is the end of the request, nobody ever answers, and the caller
 * waits until its deadline. Here the method is called on the event loop, which hands it over.
 */
public final class GrpcCalls {

    private static final Logger LOG = System.getLogger(GrpcCalls.class.getName());

    private GrpcCalls() {}

    /**
     * Answers {@code observer} once, with what {@code work} gives or how it fails. Does not wait.
     */
    public static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
        serve(() -> {
            T result;
            try {
                result = work.get();
            } catch (RuntimeException e) {
                observer.onError(failed(e));
                return;
            }
            observer.onNext(result);
            observer.onCompleted();
        });
    }

    /** Runs {@code call}, which answers by itself. Does not wait. */
    public static void serve(Runnable call) {
        Thread.ofVirtual().name("grpc-call").start(Context.current().wrap(call));
    }

    /** What a server answers to a failure, which is logged when it is nobody's mistake but ours. */
    public static RuntimeException failed(RuntimeException e) {
        if (!(e instanceof MillraceException known) || known.code() == ErrorCode.INTERNAL) {
            LOG.log(Level.ERROR, "event=call-failed", e);
        }
        return GrpcErrors.toStatus(e);
    }
}

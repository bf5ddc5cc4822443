// grpc_per_s: the same echo as rpc_bench in gRPC C++ with completion queues: two processes, one channel, insecure.
//   grpc_bench serve ADDRESS            "127.0.0.1:7101"
//   grpc_bench call ADDRESS [SECONDS [IN_FLIGHT [BYTES]]]    prints "grpc_per_s<TAB>N<TAB>calls/s"
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "grpc_echo.grpc.pb.h"

using yibao::bench::Echo;
using yibao::bench::EchoMessage;
using Clock = std::chrono::steady_clock;

namespace {

// One call on the server: waiting for a request, then answered; taken anew for the next.
struct Served {
  Served(Echo::AsyncService* service, grpc::ServerCompletionQueue* queue) : service(service), queue(queue) { Wait(); }
  void Wait() {
    context = std::make_unique<grpc::ServerContext>();
    writer = std::make_unique<grpc::ServerAsyncResponseWriter<EchoMessage>>(context.get());
    answering = false;
    service->RequestCall(context.get(), &request, writer.get(), queue, queue, this);
  }
  void Proceed(bool ok) {
    if (answering || !ok) {
      Wait();
      return;
    }
    answering = true;
    reply.set_payload(request.payload());
    writer->Finish(reply, grpc::Status::OK, this);
  }
  Echo::AsyncService* service;
  grpc::ServerCompletionQueue* queue;
  std::unique_ptr<grpc::ServerContext> context;
  std::unique_ptr<grpc::ServerAsyncResponseWriter<EchoMessage>> writer;
  EchoMessage request, reply;
  bool answering = false;
};

int Serve(const char* address) {
  Echo::AsyncService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) {
    std::fprintf(stderr, "grpc_bench: cannot serve on %s\n", address);
    return 1;
  }
  std::vector<std::unique_ptr<Served>> calls;
  for (int i = 0; i < 256; i++) calls.push_back(std::make_unique<Served>(&service, queue.get()));
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Served*>(tag)->Proceed(ok);
  return 0;
}

struct Asked {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoMessage>> reader;
  EchoMessage reply;
  grpc::Status status;
};

void Start(Asked* call, Echo::Stub* stub, const EchoMessage& request, grpc::CompletionQueue* queue) {
  call->context = std::make_unique<grpc::ClientContext>();
  call->context->set_wait_for_ready(true);
  call->context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  call->context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  call->reader = stub->AsyncCall(call->context.get(), request, queue);
  call->reader->Finish(&call->reply, &call->status, call);
}

int Call(const char* address, int seconds, int in_flight, int bytes) {
  std::unique_ptr<Echo::Stub> stub = Echo::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  EchoMessage request;
  request.set_payload(std::string(static_cast<size_t>(bytes), '\0'));
  std::vector<Asked> calls(static_cast<size_t>(in_flight));
  for (Asked& call : calls) Start(&call, stub.get(), request, &queue);
  const Clock::time_point from = Clock::now() + std::chrono::seconds(1), until = from + std::chrono::seconds(seconds);
  long answered = 0;
  void* tag = nullptr;
  bool ok = false;
  int open = in_flight;
  while (open > 0 && queue.Next(&tag, &ok)) {
    Asked* call = static_cast<Asked*>(tag);
    if (!ok || !call->status.ok() || call->reply.payload().size() != request.payload().size()) {
      std::fprintf(stderr, "grpc_bench: %s\n", call->status.error_message().c_str());
      std::_Exit(1);
    }
    const Clock::time_point now = Clock::now();
    answered += now >= from && now < until;
    if (now < until) {
      Start(call, stub.get(), request, &queue);
    } else {
      open--;
    }
  }
  std::printf("grpc_per_s\t%ld\tcalls/s\n", answered / seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "serve") == 0) return Serve(argv[2]);
  const int seconds = argc > 3 ? std::atoi(argv[3]) : 5, in_flight = argc > 4 ? std::atoi(argv[4]) : 64;
  const int bytes = argc > 5 ? std::atoi(argv[5]) : 512;
  if (argc < 3 || argc > 6 || std::strcmp(argv[1], "call") != 0 || seconds < 1 || in_flight < 1 || bytes < 1) {
    std::fprintf(stderr, "usage: grpc_bench serve ADDRESS | call ADDRESS [SECONDS [IN_FLIGHT [BYTES]]]\n");
    return 2;
  }
  return Call(argv[2], seconds, in_flight, bytes);
}

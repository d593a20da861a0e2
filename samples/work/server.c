// An HTTP server whose requests cost as much processor time as they ask for: /work?us=5000 computes for 5 ms. One thread per connection, no state, nothing random: any number of
// clones may run. Each answer names the instance
// and tells when it began with the request (microseconds since 1970), so that a client sees who served it, and since when.
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_US 10000000

static long long now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Computes until this thread has had so much processor time: waiting for a processor, or at a limit, does not count.
static uint32_t burn(long us) {
  uint32_t hash = 2166136261u;
  for (long long end = now_ns(CLOCK_THREAD_CPUTIME_ID) + us * 1000LL; now_ns(CLOCK_THREAD_CPUTIME_ID) < end;)
    for (int i = 0; i < 2000; i++) hash = (hash ^ (hash >> 7)) * 16777619u;
  return hash;
}

static int answer(int fd, const char *head) {
  char method[8], path[256], name[65] = "", body[160], message[512];
  if (sscanf(head, "%7s %255s", method, path) != 2) return 0;
  const char *status = "200 OK", *query = strstr(path, "us=");
  if (!strncmp(path, "/work", 5)) {
    long long began = now_ns(CLOCK_REALTIME);
    long us = query ? atol(query + 3) : 1000;
    uint32_t hash = burn(us < 0 ? 0 : us > LONGEST_US ? LONGEST_US : us);
    gethostname(name, sizeof name - 1);
    snprintf(body, sizeof body, "%s %lld %08x\n", name, began / 1000, hash);
  } else if (!strcmp(path, "/") || !strcmp(path, "/healthz")) {
    strcpy(body, "ok\n");
  } else {
    status = "404 Not Found";
    strcpy(body, "no such page\n");
  }
  int length = snprintf(message, sizeof message, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", status,
                        strlen(body), strcmp(method, "HEAD") ? body : "");
  return write(fd, message, length) == length;
}

// One connection: requests without bodies, one after another, until the client goes or sends more than a head may be.
static void *serve(void *connection) {
  int fd = (int)(intptr_t)connection;
  char head[4096];
  size_t used = 0;
  ssize_t got;
  while (used < sizeof head - 1 && (got = read(fd, head + used, sizeof head - 1 - used)) > 0) {
    used += got;
    head[used] = 0;
    int well = 1;
    for (char *end; well && (end = strstr(head, "\r\n\r\n")); memmove(head, end + 4, used + 1)) {
      used -= end + 4 - head;
      well = answer(fd, head);
    }
    if (!well) break;
  }
  close(fd);
  return NULL;
}

int main(void) {
  const char *port = getenv("PORT");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port ? atoi(port) : 8080)};
  signal(SIGPIPE, SIG_IGN);
  // As the first process of a container it would not be ended by this signal without a handler.
  signal(SIGTERM, _exit);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
    perror("listen");
    return 1;
  }
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&small, 64 * 1024);
  for (;;) {
    pthread_t thread;
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && pthread_create(&thread, &small, serve, (void *)(intptr_t)fd)) close(fd);
  }
}

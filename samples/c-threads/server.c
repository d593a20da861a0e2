// A threaded HTTP server in plain C: four threads accept on one socket, a fifth counts ticks. State is in memory.
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static atomic_long count, ticks;
static int listener;

static void random_hex(char *text, size_t bytes) {
  unsigned char raw[32];
  if (getrandom(raw, bytes, 0) != (ssize_t)bytes) abort();
  for (size_t i = 0; i < bytes; i++) sprintf(text + 2 * i, "%02x", raw[i]);
}

static long lines_in_temporary_file(void) {
  FILE *file = fopen("/tmp/sample", "a+");
  if (!file) return -1;
  fputs("x\n", file);
  rewind(file);
  long lines = 0;
  for (int c; (c = fgetc(file)) != EOF;) lines += c == '\n';
  fclose(file);
  return lines;
}

// Writes the page for path into body; 0 if there is none.
static int page(const char *path, char *body, size_t size) {
  char name[256] = "", hex[65];
  gethostname(name, sizeof name - 1);
  if (!strcmp(path, "/")) snprintf(body, size, "Hello from C in %s, %ld counted so far\n", name, count);
  else if (!strcmp(path, "/healthz")) snprintf(body, size, "ok\n");
  else if (!strcmp(path, "/count")) snprintf(body, size, "%ld\n", atomic_fetch_add(&count, 1) + 1);
  else if (!strcmp(path, "/pid")) snprintf(body, size, "%d\n", getpid());
  else if (!strcmp(path, "/hostname")) snprintf(body, size, "%s\n", name);
  else if (!strcmp(path, "/timer")) snprintf(body, size, "%ld\n", ticks);
  else if (!strcmp(path, "/tmp")) snprintf(body, size, "%ld\n", lines_in_temporary_file());
  else if (!strcmp(path, "/random")) {
    random_hex(hex, 16);
    snprintf(body, size, "{\"getrandom\": \"%s\"}\n", hex);
  } else return 0;
  return 1;
}

static int answer(int fd, char *head) {
  char method[8], path[256], body[512], message[1024];
  if (sscanf(head, "%7s %255s", method, path) != 2) return 0;
  path[strcspn(path, "?")] = 0;
  int found = page(path, body, sizeof body);
  if (!found) strcpy(body, "no such page\n");
  int length = snprintf(message, sizeof message, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                        found ? "200 OK" : "404 Not Found",
                        strcmp(path, "/random") ? "text/plain" : "application/json", strlen(body),
                        strcmp(method, "HEAD") ? body : "");
  return write(fd, message, length) == length;
}

// One connection: requests without bodies, one after another, until the client goes or sends more than a head may be.
static void serve(int fd) {
  char head[8192];
  size_t used = 0;
  ssize_t got;
  while ((got = read(fd, head + used, sizeof head - 1 - used)) > 0) {
    used += got;
    head[used] = 0;
    for (char *end; (end = strstr(head, "\r\n\r\n")); memmove(head, end + 4, used + 1)) {
      used -= end + 4 - head;
      if (!answer(fd, head)) return;
    }
    if (used == sizeof head - 1) return;
  }
}

static void *accept_connections(void *unused) {
  (void)unused;
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    serve(fd);
    close(fd);
  }
  return NULL;
}

static void *tick(void *unused) {
  (void)unused;
  for (const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};; ticks++) nanosleep(&pause, NULL);
  return NULL;
}

int main(void) {
  const char *port = getenv("PORT");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port ? atoi(port) : 8080)};
  signal(SIGPIPE, SIG_IGN);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
    perror("listen");
    return 1;
  }
  pthread_t thread;
  pthread_create(&thread, NULL, tick, NULL);
  for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, accept_connections, NULL);
  accept_connections(NULL);
}

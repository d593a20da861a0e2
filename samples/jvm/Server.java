import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The JDK's own HTTP server with state in memory, a background timer and a file in /tmp. */
public final class Server {
  private interface Page {
    String body() throws IOException;
  }

  private static final AtomicLong count = new AtomicLong();
  private static final AtomicLong ticks = new AtomicLong();
  private static final SecureRandom random = new SecureRandom();

  private static final Map<String, Page> pages = Map.of(
      "/", () -> "Hello from Java " + Runtime.version() + " in " + hostname() + ", " + count + " counted so far",
      "/healthz", () -> "ok",
      "/count", () -> Long.toString(count.incrementAndGet()),
      "/pid", () -> Long.toString(ProcessHandle.current().pid()),
      "/hostname", Server::hostname,
      "/timer", () -> Long.toString(ticks.get()),
      "/random", Server::randomNumbers,
      "/tmp", Server::temporaryFile);

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    Executors.newSingleThreadScheduledExecutor()
        .scheduleAtFixedRate(ticks::incrementAndGet, 100, 100, TimeUnit.MILLISECONDS);
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.createContext("/", Server::answer);
    server.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      Page page = pages.get(path);
      byte[] body = ((page == null ? "no such page" : page.body()) + "\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", path.equals("/random") ? "application/json" : "text/plain");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(page == null ? 404 : 200, head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private static String randomNumbers() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return "{\"SecureRandom\": \"" + HexFormat.of().formatHex(bytes) + "\", \"randomUUID\": \"" + UUID.randomUUID() + "\"}";
  }

  private static String temporaryFile() throws IOException {
    Path file = Path.of("/tmp/sample");
    Files.writeString(file, "x\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    return Integer.toString(Files.readAllLines(file).size());
  }

  private static String hostname() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
  }
}

using Homeostat.Core.Services;
using Homeostat.Testing;
using Homeostat.Testing.Conformance;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>Service files of real small programs, run from the host's files.</summary>
internal static class OciPrograms
{
    public const int Port = 8080;

    private const string Server = """
        import http.server, os, sys, threading
        count, burning, held = 0, False, b''
        def burn():
            while burning: pass
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                global count, burning, held
                if self.path == '/crash': os._exit(7)
                if self.path == '/sick': return self.send_error(500)
                if self.path in ('/burn', '/calm'):
                    burning = self.path == '/burn'
                    if burning: threading.Thread(target=burn, daemon=True).start()
                if self.path.startswith('/hold?mib='): held = b'x' * (int(self.path[10:]) << 20)
                count += 1
                print('GET', self.path, flush=True)
                body = f'count {count}\n'.encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *args): pass
        http.server.ThreadingHTTPServer((os.environ.get('BIND', '0.0.0.0'), int(os.environ['PORT'])), Handler).serve_forever()
        """;

    public static ServiceSpec Python(string name, string script = Server) => Of(name, "/usr/bin/python3", "-c", script);

    /// <summary>Listens some milliseconds after its start, whatever else the machine does; knows no page.</summary>
    public static ServiceSpec Busybox(string name, int port = Port) =>
        Of(name, "/bin/busybox", "httpd", "-f", "-p", $"{port}", "-h", "/usr/share");

    public static ServiceSpec Of(string name, params string[] command) => new()
    {
        Service = new ServiceName(name),
        Root = new RootSource.Host(),
        Command = command,
        Port = Port,
        Routes = [new RouteSpec($"{name}.localhost")],
    };

    public static ServiceSpec Of(ConformanceProgram program, string name)
    {
        // The whole of it passes in each such test, so it is short: these programs must do what they do long before.
        var soon = TimeSpan.FromSeconds(0.5) * Waiting.Slowness;
        return program switch
        {
            ConformanceProgram.NotFound => Of(name, "/no/such/program"),
            ConformanceProgram.ExitsAtOnce => Of(name, "/bin/sh", "-c", "echo no luck; exit 3"),
            ConformanceProgram.NeverListens => Of(name, "/bin/sh", "-c", "exec sleep 1000") with { Health = new(Timeout: soon) },
            ConformanceProgram.Unhealthy => Busybox(name) with { Health = new("/no-such-page", soon * 4) },
            _ => Python(name),
        };
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Homeostat.Benchmarks.GatewayLoad;

/// <summary>Two nginx of our own on free loopback ports: the backend (one worker, a small static answer) and the proxy in front of it (keep-alive upstreams).</summary>
internal sealed class NginxPeers : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
    private readonly Process _backend;
    private readonly Process _proxy;

    /// <exception cref="InvalidOperationException">nginx is not installed or did not start.</exception>
    public NginxPeers()
    {
        (Backend, Proxy) = (FreePort(), FreePort());
        _backend = Start("backend", workers: 1, $$"""
            server { listen 127.0.0.1:{{Backend}} backlog=1024; default_type text/plain; location / { return 200 "{{new string('h', 98)}}"; } }
            """);
        _proxy = Start("proxy", workers: Environment.ProcessorCount, $$"""
            upstream app { server 127.0.0.1:{{Backend}}; keepalive 128; keepalive_requests 100000000; }
            server {
              listen 127.0.0.1:{{Proxy}} backlog=1024;
              location / {
                proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-Host $host;
                proxy_set_header X-Request-Id $request_id; add_header Server-Timing "app;dur=$upstream_response_time";
              }
            }
            """);
    }

    public int Backend { get; }

    public int Proxy { get; }

    /// <summary>CPU time the proxy's workers have used.</summary>
    public TimeSpan ProxyCpu()
    {
        var ticks = 0L;
        foreach (var child in File.ReadAllText($"/proc/{_proxy.Id}/task/{_proxy.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var stat = File.ReadAllText($"/proc/{child}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            ticks += long.Parse(fields[11]) + long.Parse(fields[12]);
        }

        // USER_HZ is 100 on every Linux there is.
        return TimeSpan.FromMilliseconds(ticks * 10);
    }

    public async Task WaitUntilUpAsync(CancellationToken cancel)
    {
        using var http = new HttpClient();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await http.GetStringAsync(new Uri($"http://127.0.0.1:{Proxy}/"), cancel);
                return;
            }
            catch (HttpRequestException) when (attempt < 100 && !_proxy.HasExited && !_backend.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel);
            }
        }
    }

    public void Dispose()
    {
        foreach (var nginx in new[] { _proxy, _backend })
        {
            nginx.Kill(entireProcessTree: true);
            nginx.WaitForExit();
            nginx.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private Process Start(string name, int workers, string http)
    {
        var file = Path.Combine(_folder, name + ".conf");
        File.WriteAllText(file, $$"""
            daemon off; worker_processes {{workers}}; pid {{_folder}}/{{name}}.pid; error_log {{_folder}}/{{name}}.log;
            events { worker_connections 2048; }
            http { access_log off; keepalive_requests 100000000; keepalive_timeout 300; {{http}} }
            """);
        try
        {
            return Process.Start(new ProcessStartInfo("nginx", ["-c", file]) { RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException("nginx is needed as backend and for comparison: apt-get install nginx-light", e);
        }
    }
}

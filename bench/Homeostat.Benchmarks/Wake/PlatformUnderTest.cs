using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Homeostat.Client;

namespace Homeostat.Benchmarks.Wake;

/// <summary>The published program, started as a user starts it, on free ports and a folder of its own.</summary>
internal sealed class PlatformUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(250);

    private readonly Process _process;

    private readonly IPEndPoint _admin;

    private PlatformUnderTest(Process process, IPEndPoint gateway, IPEndPoint admin, HomeostatClient client) => (_process, Gateway, _admin, Client) = (process, gateway, admin, client);

    public IPEndPoint Gateway { get; }

    public HomeostatClient Client { get; }

    /// <summary>CPU time the platform's process has used, and its threads with it.</summary>
    public TimeSpan Cpu()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <exception cref="InvalidOperationException">It ended before it was ready; the text is what it said.</exception>
    public static async Task<PlatformUnderTest> StartAsync(string product, string data, CancellationToken cancel)
    {
        var (gateway, admin) = (FreePort(), FreePort());
        var start = new ProcessStartInfo(product) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var arg in new[] { "up", "--data", data, "--listen", gateway.ToString(), "--admin", admin.ToString() })
        {
            start.ArgumentList.Add(arg);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{product} did not start");
        var errors = new List<string>();
        process.ErrorDataReceived += (_, line) => errors.Add(line.Data ?? "");
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            if (line.StartsWith("ready", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, cancel);
                return new PlatformUnderTest(process, gateway, admin, new HomeostatClient(ServerAddress.OfData(data)));
            }
        }

        throw new InvalidOperationException($"the platform did not become ready: {string.Join(' ', errors)}");
    }

    /// <summary>Turns of the regulation so far, and the time spent in them.</summary>
    public async Task<(double Count, double Seconds)> TurnsAsync(CancellationToken cancel)
    {
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri($"http://{_admin}/metrics"), cancel)).Split('\n');
        double Value(string name) => double.Parse(lines.Single(l => l.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
        return (Value("homeostat_regulator_turns_total"), Value("homeostat_regulator_turn_seconds_total"));
    }

    /// <summary>Puts a service to sleep and lets it lie for a moment: what the platform does behind a sleep and behind a wake (a restore is prepared, a pool refilled)
    /// is no part of the next wake.</summary>
    /// <exception cref="ProblemException">It did not get to the tier.</exception>
    public async Task SleepAsync(string service, string tier, CancellationToken cancel)
    {
        await Client.SleepAsync(null, service, tier, TimeSpan.FromSeconds(60), cancel);
        await Task.Delay(Rest, TimeProvider.System, cancel);
    }

    /// <summary>The platform's own account of the last wake of a service, in milliseconds by phase.</summary>
    public async Task<IReadOnlyDictionary<string, string>> PhasesAsync(string service, CancellationToken cancel)
    {
        IReadOnlyDictionary<string, string> last = new Dictionary<string, string>();
        await foreach (var happened in Client.EventsAsync(null, follow: false, cancel))
        {
            last = happened is { Type: "instance.woken", Data: { } data } && happened.Service == service ? data : last;
        }

        return last;
    }

    /// <summary>Nothing happens for a moment, so that a measurement does not begin with a warm processor.</summary>
    public static Task RestAsync(CancellationToken cancel) => Task.Delay(Rest, TimeProvider.System, cancel);

    /// <summary>One request through the gateway.</summary>
    public HttpProbe.Answer Get(string service, string path) => HttpProbe.Get(Gateway, service + ".localhost", path, TimeSpan.FromSeconds(120));

    /// <summary>Removes every service first: a clean stop alone may leave instances for the next start, and there is none.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var service in await Client.ServicesAsync(null, CancellationToken.None))
        {
            await Client.RemoveAsync(null, service.Service, CancellationToken.None);
        }

        Client.Dispose();
        Command.Run("kill", ["-TERM", _process.Id.ToString()]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        await _process.WaitForExitAsync(limit.Token);
        _process.Dispose();
    }

    private static IPEndPoint FreePort()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)listener.LocalEndPoint!;
    }
}

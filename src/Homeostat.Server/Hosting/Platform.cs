using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Api;
using Homeostat.Server.Events;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Registry;
using Homeostat.Server.Regulation;
using Homeostat.Server.Services;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Hosting;

/// <summary>
/// A running platform: data directory, registry, driver, regulation, gateway and management API, put together in this order and taken apart in the reverse.
/// </summary>
public sealed class Platform : IAsyncDisposable
{
    /// <summary>Instances that a line about a stop names.</summary>
    private const int NamedMax = 3;

    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly PlatformOptions _options;
    private readonly TimeProvider _time;
    private ServiceBoard? _board;
    private IRuntimeDriver? _driver;
    private Gateway? _gateway;
    private volatile Func<string> _doing = () => "";

    private Platform(PlatformOptions options, TimeProvider time) => (_options, _time) = (options, time);

    /// <summary>Where the gateway listens, with the ports that were really taken.</summary>
    public IReadOnlyList<IPEndPoint> Gateway => _gateway?.Endpoints ?? [];

    /// <summary>Where the management API listens besides its socket; null: the socket alone.</summary>
    public IPEndPoint? Admin { get; private set; }

    public string AdminSocket { get; private set; } = "";

    /// <summary>What the host lacks, one line each: <c>what: what is less because of it</c>.</summary>
    public IReadOnlyList<string> Reduced { get; private set; } = [];

    /// <summary>What a stop is waiting for at this moment, in a few words for people.</summary>
    public string Doing => _doing();

    /// <summary>Starts a platform; it serves when this returns. Instances that an earlier, killed platform left on the data directory are adopted.</summary>
    /// <param name="fakeHost">The world of the fake driver; null: one of its own.</param>
    /// <exception cref="PlatformException">It cannot start here; says why and what to do. Nothing is left behind.</exception>
    public static async Task<Platform> StartAsync(PlatformOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel, FakeHost? fakeHost = null)
    {
        // Before anything here opens a socket.
        InlineSockets.Prepare();
        var platform = new Platform(options, time);
        try
        {
            await platform.ComposeAsync(logs, fakeHost, cancel);
            return platform;
        }
        catch (Exception e)
        {
            await platform.DisposeAsync();
            if (e is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
            {
                throw new PlatformException($"cannot start: {e.Message.TrimEnd('.')}", "See homeostat doctor; if an address is in use, choose another with --listen or --admin.", e) { Conflict = e.InnerException is AddressInUseException };
            }
            throw;
        }
    }

    /// <summary>
    /// A clean stop: takes no more requests, lets those in flight finish, puts every instance to sleep or ends it, and takes everything off the host: what sleeps is in the
    /// data directory alone. What is not done within the stop timeout is left as it is, for the next start to adopt.
    /// </summary>
    public async Task<StopReport> StopAsync(CancellationToken hurry)
    {
        IReadOnlyList<string> said = [];
        using var time = new CancellationTokenSource(_options.StopTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry, time.Token);
        try
        {
            if (_gateway is not null)
            {
                _doing = () => "requests are still being answered";
                await _gateway.StopAsync(limit.Token);
            }
            if (_board is not null)
            {
                _doing = () => Awake(_board);
                await _board.StopAllAsync(limit.Token);
            }
            if (_driver is not null)
            {
                said = await _driver.PutAwayAsync(text => _doing = () => text, limit.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Out of time: instances stay for the next start.
        }
        var tiers = _driver is null ? [] : (await _driver.ListAsync(CancellationToken.None)).Select(instance => instance.Tier).ToList();
        _doing = () => "taking down what is left";
        await DisposeAsync();
        return new StopReport(_options.Data, tiers.Count(tier => tier is not (Tier.Image or Tier.Stopped)), tiers.Count(tier => tier == Tier.Image), said);
    }

    private static string Awake(ServiceBoard board)
    {
        var awake = board.Views().SelectMany(service => service.Instances).Where(i => i.View.Tier is not (Tier.Image or Tier.Stopped) || i.View.Operation is not null)
            .Select(i => i.View.Id.Value).ToList();
        return awake.Count switch
        {
            0 => "what is being made comes to its end",
            <= NamedMax => $"{string.Join(", ", awake)}: going to sleep",
            _ => $"{string.Join(", ", awake.Take(NamedMax))} and {awake.Count - NamedMax} more: going to sleep",
        };
    }

    /// <summary>Ends the platform at once and leaves its instances as they are, like a kill would.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }

    private async Task ComposeAsync(ILoggerFactory logs, FakeHost? fakeHost, CancellationToken cancel)
    {
        AddressCheck.Run(_options);
        var data = Own(DataFolder.Take(_options.Data));
        var registry = Own(RegistryStore.Open(data.RegistryFile));
        if (fakeHost is null)
        {
            _parts.Push(fakeHost = new FakeHost());
        }
        var driver = await DriverOpener.OpenAsync(_options, fakeHost, _time, cancel);
        _driver = driver;
        _parts.Push(driver);
        Reduced = driver.Capabilities.Reductions;
        var events = new EventLog(_time, $"{_time.GetUtcNow().ToUnixTimeMilliseconds():x}");
        _board = new ServiceBoard(driver, _time, registry.NextGeneration, events.Add, logs, HostCapacity.Of(_options, _time));
        _parts.Push(_board);
        await _board.StartAsync(registry.List(), cancel);
        var operations = Own(new ServiceOperations(registry, driver, _board, events, _time));
        _gateway = new Gateway(new GatewayOptions(), _board.Lookup, _time, logs);
        _parts.Push(_gateway);
        await _gateway.StartAsync(_options.Listen, cancel);
        var parts = new ApiParts(_options, operations, _board, registry, driver, events, _gateway, _time, _time.GetUtcNow());
        var api = await ApiHost.StartAsync(parts, data.AdminSocket, logs, cancel);
        _parts.Push(api);
        (Admin, AdminSocket) = (api.Admin, data.AdminSocket);
        api.SetReady();
    }

    private T Own<T>(T part) where T : IDisposable
    {
        _parts.Push(new Sync(part));
        return part;
    }

    private sealed class Sync(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

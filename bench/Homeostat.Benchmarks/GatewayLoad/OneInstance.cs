using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Homeostat.Core.Services;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Benchmarks.GatewayLoad;

/// <summary>A service with one instance that always has a free slot: what is measured is the data plane alone.</summary>
internal sealed class OneInstance(int port) : IUpstream
{
    private readonly UpstreamInstance _instance = new(new InstanceId("bench-1"), cancel => ConnectAsync(port, cancel));

    public ServiceName Service { get; } = new("bench");

    public bool TryTake([NotNullWhen(true)] out UpstreamInstance? instance)
    {
        instance = _instance;
        return true;
    }

    public ValueTask<Admission> EnterAsync(long heldBytes, string trigger, CancellationToken aborted) => throw new InvalidOperationException("There is always a slot.");

    public void Return(UpstreamInstance instance, SlotOutcome outcome, TimeSpan? held = null)
    {
        // Nothing is counted.
    }

    private static async ValueTask<Socket> ConnectAsync(int port, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

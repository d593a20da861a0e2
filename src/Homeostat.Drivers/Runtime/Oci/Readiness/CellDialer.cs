using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>Connects to a program in a cell.</summary>
internal static class CellDialer
{
    /// <summary>A live instance accepts within microseconds; what takes this long has a full backlog or is frozen.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    /// <exception cref="SocketException">Refused, or not answered within five seconds.</exception>
    public static async ValueTask<Socket> ConnectAsync(Netns netns, Reach reach, CancellationToken cancel)
    {
        var socket = reach.Way == ReachWay.Bridge ? Make(reach) : netns.Run(() => Make(reach));
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(ConnectLimit);
            await socket.ConnectAsync(reach.Target, limit.Token);
            return socket;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Make(Reach reach) => new(reach.Target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
}

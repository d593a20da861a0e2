using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>
/// A netlink socket (netlink(7)) in the network namespace of the thread that opened it. Requests are answered by the kernel at once, so sending and reading
/// the answer is synchronous: 2 to 20 us each, where a run of <c>ip</c> costs 2 ms. Not safe for two threads at once.
/// </summary>
internal sealed unsafe partial class Netlink : IDisposable
{
    private const int Family = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const ushort MessageError = 2;

    private readonly SafeFileHandle _socket;
    private uint _sequence;

    public Netlink(NetlinkProtocol protocol = NetlinkProtocol.Route)
    {
        var fd = Open(Family, RawCloseOnExec, (int)protocol);
        Native.Libc.Check(fd, "opening a netlink socket");
        _socket = new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Sends the request and waits for its acknowledgement.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void Send(NetlinkMessage message, string what)
    {
        var errno = TrySend(message);
        if (errno != 0)
        {
            throw new NetlinkException(what, errno);
        }
    }

    /// <summary>The errno of the answer, 0 when done.</summary>
    public int TrySend(NetlinkMessage message) => TryAsk(message, [], out _);

    /// <summary>Sends a request for one object.</summary>
    /// <param name="into">Takes the object, cut off where it is longer.</param>
    /// <param name="length">Bytes of the object; 0 where the answer was a bare acknowledgement.</param>
    /// <returns>The errno of the answer, 0 when done.</returns>
    public int TryAsk(NetlinkMessage message, Span<byte> into, out int length)
    {
        const int Header = 16;
        var sequence = ++_sequence;
        var request = message.Finish(sequence);
        var fd = (int)_socket.DangerousGetHandle();
        Span<byte> answer = stackalloc byte[4096];
        length = 0;
        fixed (byte* first = request)
        fixed (byte* received = answer)
        {
            if (SendBytes(fd, first, request.Length, 0) < 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            while (true)
            {
                var count = (int)ReceiveBytes(fd, received, answer.Length, 0);
                if (count < 0)
                {
                    return Marshal.GetLastPInvokeError();
                }

                if (count < Header + sizeof(int) || BinaryPrimitives.ReadUInt32LittleEndian(answer[8..]) != sequence)
                {
                    continue;
                }

                if (BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) == MessageError)
                {
                    return -BinaryPrimitives.ReadInt32LittleEndian(answer[Header..]);
                }

                length = count - Header;
                answer[Header..Math.Min(count, Header + into.Length)].CopyTo(into);
                return 0;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    [LibraryImport("libc", SetLastError = true, EntryPoint = "socket")]
    private static partial int Open(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "send")]
    private static partial nint SendBytes(int fd, byte* bytes, nint length, int flags);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "recv")]
    private static partial nint ReceiveBytes(int fd, byte* bytes, nint length, int flags);
}

/// <summary>Which part of the kernel a netlink socket speaks to; the values are the kernel's.</summary>
internal enum NetlinkProtocol
{
    /// <summary>Links, addresses, routes: rtnetlink(7).</summary>
    Route = 0,

    /// <summary>Sockets and their states: sock_diag(7).</summary>
    SocketDiagnosis = 4,
}

/// <summary>The kernel refused a change of links, addresses or routes.</summary>
internal sealed class NetlinkException(string what, int errno) : IOException($"{what}: {new Win32Exception(errno).Message} (errno {errno})")
{
    public int Errno { get; } = errno;
}

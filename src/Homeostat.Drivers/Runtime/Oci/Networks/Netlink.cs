using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>
/// A route socket (rtnetlink(7)) in the network namespace of the thread that opened it. Requests are answered by the kernel at once, so sending and reading
/// the acknowledgement is synchronous: about 20 us each, where a run of <c>ip</c> costs 2 ms. Not safe for two threads at once.
/// </summary>
internal sealed unsafe partial class Netlink : IDisposable
{
    private const int Family = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const ushort MessageError = 2;

    private readonly SafeFileHandle _socket;
    private uint _sequence;

    public Netlink()
    {
        var fd = Open(Family, RawCloseOnExec, 0);
        Native.Libc.Check(fd, "opening a route socket");
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
    public int TrySend(NetlinkMessage message)
    {
        var sequence = ++_sequence;
        var request = message.Finish(sequence);
        var fd = (int)_socket.DangerousGetHandle();
        Span<byte> answer = stackalloc byte[4096];
        fixed (byte* first = request)
        fixed (byte* into = answer)
        {
            if (SendBytes(fd, first, request.Length, 0) < 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            while (true)
            {
                var count = (int)ReceiveBytes(fd, into, answer.Length, 0);
                if (count < 0)
                {
                    return Marshal.GetLastPInvokeError();
                }

                if (count >= 20
                    && BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) == MessageError
                    && BinaryPrimitives.ReadUInt32LittleEndian(answer[8..]) == sequence)
                {
                    return -BinaryPrimitives.ReadInt32LittleEndian(answer[16..]);
                }
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

/// <summary>The kernel refused a change of links, addresses or routes.</summary>
internal sealed class NetlinkException(string what, int errno) : IOException($"{what}: {new Win32Exception(errno).Message} (errno {errno})")
{
    public int Errno { get; } = errno;
}

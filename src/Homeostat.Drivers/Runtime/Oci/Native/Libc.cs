using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Homeostat.Drivers.Runtime.Oci.Native;

/// <summary>The few system calls .NET has no door to. All of them set errno; <see cref="Check"/> turns it into an exception that says what was tried.</summary>
internal static unsafe partial class Libc
{
    public const int CloneNewNs = 0x00020000;
    public const int CloneNewIpc = 0x08000000;
    public const int CloneNewNet = 0x40000000;

    public const ulong MsReadOnly = 1;
    public const ulong MsNoSuid = 2;
    public const ulong MsNoDev = 4;
    public const ulong MsNoExec = 8;
    public const ulong MsRemount = 32;
    public const ulong MsBind = 4096;
    public const ulong MsRec = 16384;
    public const ulong MsPrivate = 1 << 18;
    public const ulong MsSlave = 1 << 19;

    public const int MntDetach = 2;

    public const int SigCont = 18;
    public const int SigStop = 19;
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>Move the pages to swap or zram now (process_madvise, Linux 5.10).</summary>
    public const int MadvPageOut = 21;

    private const long SysPidfdOpen = 434;
    private const long SysProcessMadvise = 440;

    [LibraryImport("libc", SetLastError = true, EntryPoint = "unshare")]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "setns")]
    public static partial int SetNs(int fd, int kind);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "kill")]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", SetLastError = true, EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "syscall")]
    private static partial long SysCall(long number, long a, long b, long c, long d, long e);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ExecV(string path, string?[] arguments);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "fcntl")]
    private static partial int FileControl(int fd, int command, int argument);

    /// <summary>Replaces the process; returns only when that fails.</summary>
    /// <param name="arguments">The last one is null.</param>
    public static void Execute(string path, string?[] arguments) => _ = ExecV(path, arguments);

    /// <summary>Keeps a descriptor from the programs this process starts (F_SETFD, FD_CLOEXEC).</summary>
    public static void CloseOnExec(int fd) => _ = FileControl(fd, 2, 1);

    /// <summary>A descriptor of a process, or -1.</summary>
    public static int OpenPid(int pid) => (int)SysCall(SysPidfdOpen, pid, 0, 0, 0, 0);

    /// <summary>Asks the kernel to move <paramref name="ranges"/> of the process out of memory. Returns the bytes advised, or -1.</summary>
    public static long AdvisePageOut(int pidFd, ReadOnlySpan<IoVec> ranges)
    {
        fixed (IoVec* first = ranges)
        {
            return SysCall(SysProcessMadvise, pidFd, (long)first, ranges.Length, MadvPageOut, 0);
        }
    }

    /// <exception cref="IOException">When <paramref name="result"/> is negative.</exception>
    public static void Check(int result, string what)
    {
        if (result < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            throw new IOException($"{what}: {new Win32Exception(errno).Message} (errno {errno})");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    public readonly struct IoVec(nuint start, nuint length)
    {
        public readonly nuint Start = start;
        public readonly nuint Length = length;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Homeostat.Drivers.Runtime.Oci.Native;

/// <summary>What kind of file a path is, which .NET doesn't tell for FIFOs and sockets: opening one of those would block.</summary>
internal static unsafe partial class FileKind
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint MaskTypeAndUser = 1 | 8;
    private const uint MaskInode = 0x100;

    /// <summary>struct statx (statx(2)) is 256 bytes; stx_uid is the 32 bits at 20, stx_mode the 16 bits at 28, stx_ino the 64 at 32,
    /// the device's major and minor number 32 each at 136.</summary>
    private const int StatxBytes = 256, UserAt = 20, ModeAt = 28, InodeAt = 32, DeviceAt = 136;

    private const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000;

    public static bool IsRegular(string path) => Look(path) is (Regular, _);

    /// <summary>A directory, not a link to one, that belongs to the user.</summary>
    public static bool IsDirectoryOf(string path, uint user) => Look(path) is (Folder, var owner) && owner == user;

    /// <summary>Which file or directory lies there now, links followed; null where nothing does.</summary>
    public static (ulong Device, ulong Inode)? IdentityOf(string path)
    {
        var bytes = stackalloc byte[StatxBytes];
        if (Statx(CurrentDirectory, path, 0, MaskInode, bytes) != 0)
        {
            return null;
        }

        var span = new ReadOnlySpan<byte>(bytes, StatxBytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(span[DeviceAt..]), BinaryPrimitives.ReadUInt64LittleEndian(span[InodeAt..]));
    }

    private static (int Type, uint User)? Look(string path)
    {
        var bytes = stackalloc byte[StatxBytes];
        if (Statx(CurrentDirectory, path, NoFollow, MaskTypeAndUser, bytes) != 0)
        {
            return null;
        }

        var span = new ReadOnlySpan<byte>(bytes, StatxBytes);
        return (BinaryPrimitives.ReadUInt16LittleEndian(span[ModeAt..]) & TypeMask, BinaryPrimitives.ReadUInt32LittleEndian(span[UserAt..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, byte* into);
}

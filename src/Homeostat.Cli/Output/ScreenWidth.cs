using System.Runtime.InteropServices;

namespace Homeostat.Cli.Output;

/// <summary>Columns of a terminal. Not <c>Console.WindowWidth</c>: the runtime then takes the terminal over, as in <see cref="Terminal"/>.</summary>
internal static partial class ScreenWidth
{
    /// <summary>TIOCGWINSZ on all Linux architectures .NET runs on.</summary>
    private const nuint GetWindowSize = 0x5413;

    /// <summary>Null: no terminal, or one that does not know its size.</summary>
    public static int? Of(int descriptor) => Ask(descriptor, GetWindowSize, out var size) == 0 && size.Columns > 0 ? size.Columns : null;

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ask(int descriptor, nuint request, out WindowSize size);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct WindowSize
    {
        public readonly ushort Rows;
        public readonly ushort Columns;
        public readonly ushort Width;
        public readonly ushort Height;
    }
}

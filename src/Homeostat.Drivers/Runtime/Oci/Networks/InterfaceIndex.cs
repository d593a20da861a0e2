using System.Runtime.InteropServices;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

internal static partial class InterfaceIndex
{
    /// <summary>Index of a link in the calling thread's network namespace, 0 when there is none.</summary>
    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Of(string name);
}

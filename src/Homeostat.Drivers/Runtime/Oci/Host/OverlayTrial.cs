using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Roots;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>Mounts an overlay on the data directory in a mount namespace that ends with the trial.</summary>
internal static class OverlayTrial
{
    /// <exception cref="IOException">It does not work there.</exception>
    public static async Task RunAsync(DataPaths data)
    {
        var directory = Path.Combine(data.Runtime, "trial-" + Path.GetRandomFileName());
        var paths = new CellPaths(directory);
        var lower = Path.Combine(directory, "lower");
        try
        {
            foreach (var made in (string[])[paths.Root, paths.Upper, paths.Work, lower])
            {
                Directory.CreateDirectory(made);
            }

            await OwnThread.RunAsync("overlay trial", () =>
            {
                RootOverlay.Enter([lower], paths);
                File.WriteAllText(Path.Combine(paths.Root, "written"), "x");
                return true;
            });
        }
        finally
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }
}

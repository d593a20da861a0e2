using Homeostat.Server.Hosting;

namespace Homeostat.Cli.Commands;

/// <summary>Version of this program: it is one with the platform it can start.</summary>
internal static class UpVersion
{
    public static string Text => BuildVersion.Text;
}

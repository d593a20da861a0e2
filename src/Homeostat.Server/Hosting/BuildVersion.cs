using System.Reflection;

namespace Homeostat.Server.Hosting;

/// <summary>The version of this build.</summary>
public static class BuildVersion
{
    /// <summary><c>0.1.0</c>, with the commit after a plus where it is known.</summary>
    public static string Text { get; } = Short(typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");

    private static string Short(string version)
    {
        var plus = version.IndexOf('+');
        return plus < 0 ? version : version[..Math.Min(version.Length, plus + 11)];
    }
}

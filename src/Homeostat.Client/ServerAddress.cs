namespace Homeostat.Client;

/// <summary>Where a platform answers: a URL or a unix socket.</summary>
public sealed record ServerAddress
{
    private ServerAddress(Uri url, string? socketPath) => (Url, SocketPath) = (url, socketPath);

    /// <summary>Base of all requests.</summary>
    public Uri Url { get; }

    /// <summary>Set when requests go through a unix socket.</summary>
    public string? SocketPath { get; }

    public override string ToString() => SocketPath is null ? Url.ToString().TrimEnd('/') : $"unix:{SocketPath}";

    public static ServerAddress Socket(string path) => new(new Uri("http://localhost/"), path);

    /// <summary>The socket of the platform with this data directory.</summary>
    public static ServerAddress OfData(string folder) => Socket(Path.Combine(folder, "admin.sock"));

    /// <summary><c>http://127.0.0.1:8081</c> or <c>unix:/path/admin.sock</c>; null when it is neither.</summary>
    public static ServerAddress? Parse(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            return text.Length > 5 ? Socket(Path.GetFullPath(text[5..])) : null;
        }
        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? new ServerAddress(url, null) : null;
    }

    /// <summary>
    /// The platform a command means: <paramref name="server"/>, else HOMEOSTAT_SERVER, else the socket in <paramref name="data"/>, HOMEOSTAT_DATA or
    /// the default data directory.
    /// </summary>
    /// <exception cref="FormatException">An address that is neither a URL nor a socket.</exception>
    public static ServerAddress Discover(string? server, string? data)
    {
        if (server is null && data is not null)
        {
            return OfData(Path.GetFullPath(data));
        }
        var text = server ?? NonEmpty("HOMEOSTAT_SERVER");
        return text is null
            ? OfData(Path.GetFullPath(NonEmpty("HOMEOSTAT_DATA") ?? DefaultData()))
            : Parse(text) ?? throw new FormatException($"{(server is null ? "HOMEOSTAT_SERVER" : "--server")} is {text}; it must be like http://127.0.0.1:8081 or unix:/path/admin.sock");
    }

    /// <summary><c>/var/lib/homeostat</c> for root, else <c>~/.local/share/homeostat</c> (or below XDG_DATA_HOME).</summary>
    /// <remarks>HOMEOSTAT_ROOTLESS: the process was started again in a namespace where its user passes for root.</remarks>
    public static string DefaultData() => Environment.IsPrivilegedProcess && NonEmpty("HOMEOSTAT_ROOTLESS") is null
        ? "/var/lib/homeostat"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "homeostat");

    private static string? NonEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}

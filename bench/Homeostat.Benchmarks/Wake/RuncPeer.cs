using System.Net;
using System.Text.Json.Nodes;
using Homeostat.Core.Services;

namespace Homeostat.Benchmarks.Wake;

/// <summary>
/// <c>runc restore</c> by hand, as generous as can be: the network namespace with its address is made beforehand, criu is the same static binary,
/// the image is in the page cache.
/// </summary>
internal sealed class RuncPeer : IDisposable
{
    private const string Prefix = "hsbench";
    private readonly string _folder;
    private readonly Dictionary<string, string> _env;
    private readonly Dictionary<ServiceName, int> _numbers = [];

    /// <param name="criu">Path of the criu binary that runc shall use.</param>
    public RuncPeer(string folder, string criu)
    {
        _folder = folder;
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        File.Copy(criu, Path.Combine(folder, "bin", "criu"), overwrite: true);
        _env = new Dictionary<string, string> { ["PATH"] = $"{folder}/bin:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    /// <summary>Starts the app, waits until it answers, and dumps it. Throws with runc's words when it can't be dumped.</summary>
    public void Checkpoint(ServiceSpec spec, string path)
    {
        var number = _numbers[spec.Service] = _numbers.Count + 1;
        MakeNetwork(number);
        var bundle = Bundle(spec);
        Directory.CreateDirectory(bundle);
        HostRoot.Make(Path.Combine(bundle, "rootfs"), spec.Mounts.Select(m => m.Target));
        Command.Run("runc", ["spec", "--bundle", bundle], _env);
        WriteConfig(spec, Path.Combine(bundle, "config.json"), number);
        Detached(spec, "run");
        if (!HttpProbe.TryUntilAnswered(Server(spec), path, TimeSpan.FromSeconds(20)))
        {
            throw new InvalidOperationException($"{spec.Service} never answered under runc");
        }

        Command.Run("runc", [.. Root, "checkpoint", "--image-path", Image(spec), "--work-path", Work(spec), Id(spec)], _env);
        if (RestoreToFirstByte(spec, path) is null)
        {
            throw new InvalidOperationException($"{spec.Service} never answered after runc restore");
        }
    }

    /// <summary><c>runc restore</c> to the first answer, then kills the container.</summary>
    public TimeSpan? RestoreToFirstByte(ServiceSpec spec, string path)
    {
        var began = TimeProvider.System.GetTimestamp();
        Detached(spec, $"restore --image-path {Image(spec)} --work-path {Work(spec)}");
        var answered = HttpProbe.TryUntilAnswered(Server(spec), path, TimeSpan.FromSeconds(10), impatient: true);
        var took = TimeProvider.System.GetElapsedTime(began);
        Command.Run("runc", [.. Root, "delete", "-f", Id(spec)], _env);
        return answered ? took : null;
    }

    public void Dispose()
    {
        foreach (var (service, number) in _numbers)
        {
            Quietly("runc", [.. Root, "delete", "-f", $"{Prefix}-{service}"]);
            Quietly("ip", ["netns", "del", Prefix + number]);
        }
    }

    private string[] Root => ["--root", Path.Combine(_folder, "state")];

    private string Bundle(ServiceSpec spec) => Path.Combine(_folder, "bundle-" + spec.Service);

    private string Image(ServiceSpec spec) => Path.Combine(_folder, "image-" + spec.Service);

    private string Work(ServiceSpec spec) => Path.Combine(_folder, "work-" + spec.Service);

    private static string Id(ServiceSpec spec) => $"{Prefix}-{spec.Service}";

    private IPEndPoint Server(ServiceSpec spec) => new(IPAddress.Parse($"10.214.{_numbers[spec.Service]}.2"), spec.Port);

    // stdio as a pipe whose other end is a cat: a file outside the container can't be dumped.
    private void Detached(ServiceSpec spec, string verb)
    {
        var root = Path.Combine(_folder, "state");
        Command.Run("sh", ["-c", $"runc --root {root} {verb} -d --bundle {Bundle(spec)} {Id(spec)} </dev/null 2>&1 | cat >/dev/null 2>&1 &"], _env);
    }

    private static void MakeNetwork(int number)
    {
        var (space, host) = (Prefix + number, $"{Prefix}v{number}");
        Command.Run("ip", ["netns", "add", space]);
        Command.Run("ip", ["link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", space]);
        Command.Run("ip", ["addr", "add", $"10.214.{number}.1/24", "dev", host]);
        Command.Run("ip", ["link", "set", host, "up"]);
        Command.Run("ip", ["-n", space, "addr", "add", $"10.214.{number}.2/24", "dev", "eth0"]);
        Command.Run("ip", ["-n", space, "link", "set", "eth0", "up"]);
        Command.Run("ip", ["-n", space, "link", "set", "lo", "up"]);
    }

    private static void WriteConfig(ServiceSpec spec, string file, int number)
    {
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        var process = config["process"]!.AsObject();
        process["terminal"] = false;
        process["cwd"] = spec.Workdir;
        process["args"] = new JsonArray([.. spec.Command.Select(c => (JsonNode)c)]);
        var env = process["env"]!.AsArray();
        env.Add($"PORT={spec.Port}");
        foreach (var (key, value) in spec.Env)
        {
            env.Add($"{key}={value}");
        }

        config["root"]!["readonly"] = false;
        var mounts = config["mounts"]!.AsArray();
        foreach (var (source, target) in HostRoot.Mounts.Select(m => (m, m)).Concat(spec.Mounts.Select(m => (m.Source, m.Target))))
        {
            mounts.Add(new JsonObject
            {
                ["destination"] = target,
                ["type"] = "bind",
                ["source"] = source,
                ["options"] = new JsonArray("rbind", "ro"),
            });
        }

        foreach (var space in config["linux"]!["namespaces"]!.AsArray().Where(n => n!["type"]!.GetValue<string>() == "network"))
        {
            space!["path"] = $"/run/netns/{Prefix}{number}";
        }

        File.WriteAllText(file, config.ToJsonString());
    }

    private void Quietly(string program, IEnumerable<string> args)
    {
        try
        {
            Command.Run(program, args, _env);
        }
        catch (InvalidOperationException)
        {
            // Gone already.
        }
    }
}

using Homeostat.Core.Routing;
using static Homeostat.Core.Services.ServiceFileErrorCodes;

namespace Homeostat.Core.Services;

/// <summary>
/// Text of a service file (YAML, or JSON, which is YAML) to a <see cref="ServiceSpec"/>, or to every error in it. Pure: what only the host knows
/// (does the mount's source exist?) is checked by the server afterwards, with errors of the same shape.
/// </summary>
/// <remarks>The format is described in docs/reference/service-file.md; a test compares the two.</remarks>
public static class ServiceFileParser
{
    private const int ArgumentsMax = 1024;
    private const int EnvMax = 1000;
    private const int RoutesMax = 100;

    /// <param name="text">The file's text; at most 256 Ki characters.</param>
    /// <param name="baseFolder">Absolute folder that relative paths of the host start from; null: relative paths are errors.</param>
    public static ServiceFileResult Parse(string text, string? baseFolder)
    {
        var found = new FileFindings();
        var errors = found.Errors;
        var root = new FileTreeReader(errors).Read(text);
        ServiceSpec? spec = null;
        if (root is FileMap map)
        {
            spec = ReadTop(new FileSection("", map, FileKeys.Top, found), new FilePaths(baseFolder));
        }
        else if (root is not null && errors.Count == 0)
        {
            errors.Add(new ServiceFileError(root.Line, root.Column, WrongType, "", $"the file is {root.Shown}; it must be a mapping", "Begin with service: NAME."));
        }
        return errors.Count == 0 && spec is not null
            ? new ServiceFileResult(spec, [], found.Places)
            : new ServiceFileResult(null, [.. errors.Distinct().OrderBy(e => e.Line).ThenBy(e => e.Column)], found.Places);
    }

    private static ServiceSpec? ReadTop(FileSection top, FilePaths paths)
    {
        var service = ReadLabel(top, "service");
        if (!top.Has("service"))
        {
            top.AddMissing("service", "every service has a name", "Add service: NAME (a-z, 0-9 and -).");
        }
        var tenant = ReadLabel(top, "tenant");
        var rootSource = paths.ReadRoot(top);
        var command = ReadCommand(top);
        var port = top.Integer("port", 1, 65535, "Write the port the program listens on.");
        if (!top.Has("port"))
        {
            top.AddMissing("port", "the gateway must know where the program listens", "Add port: 8080 (the program finds it in PORT).");
        }
        var workdir = FilePaths.ReadInside(top, "workdir", "/");
        var env = ReadEnv(top);
        var mounts = paths.ReadMounts(top);
        var routes = ReadRoutes(top, service);
        var (health, scale, resources) = (FileSections.ReadHealth(top), FileSections.ReadScale(top), FileSections.ReadResources(top));
        var (idle, checkpoint, predict) = (FileSections.ReadIdle(top), FileSections.ReadCheckpoint(top), FileSections.ReadPredict(top));
        if (service is null || rootSource is null || command is null || port is null)
        {
            return null;
        }
        return new ServiceSpec
        {
            Service = new ServiceName(service),
            Tenant = tenant is null ? TenantName.Default : new TenantName(tenant),
            Root = rootSource,
            Command = command,
            Workdir = workdir,
            Env = env,
            Mounts = mounts,
            Port = port.Value,
            Routes = routes,
            Health = health,
            Scale = scale,
            Resources = resources,
            Idle = idle,
            Checkpoint = checkpoint,
            Predict = predict,
        };
    }

    private static string? ReadLabel(FileSection top, string key)
    {
        const string rule = "1..63 characters a-z, 0-9 and -, not at its ends";
        if (top.Text(key, rule, $"Write {key}: NAME.") is not { } scalar)
        {
            return null;
        }
        if (DnsLabel.IsValid(scalar.Value))
        {
            return scalar.Value;
        }
        var near = DnsLabel.Suggest(scalar.Value);
        top.Add(scalar, Invalid, key, $"is {scalar.Shown}; it must be {rule}", near is null ? "Choose another name." : $"Write {near}.");
        return null;
    }

    private static List<string>? ReadCommand(FileSection top)
    {
        const string expected = "a list of a program and its arguments";
        if (!top.Has("command"))
        {
            top.AddMissing("command", "it names the program to run", "Add command: [\"program\", \"argument\"].");
            return null;
        }
        if (top.Node("command") is FileScalar { IsNull: false } line)
        {
            var words = line.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(20).Select(w => $"\"{FileScalar.Clip(w)}\"");
            top.AddWrong("command", line, expected, $"No shell splits it. Write command: [{string.Join(", ", words)}].");
            return null;
        }
        var items = top.Items("command", ArgumentsMax, expected, "Write command: [\"program\", \"argument\"].");
        var arguments = new List<string>();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is FileScalar scalar && (scalar.Quoted || !scalar.IsNull))
            {
                arguments.Add(scalar.Value);
            }
            else
            {
                top.AddWrong($"command[{i}]", items[i], "text", "Put it in quotes.");
            }
        }
        if (top.Node("command") is FileList { Items.Count: 0 } || (arguments.Count > 0 && arguments[0].Length == 0))
        {
            top.Add(top.Node("command")!, Invalid, "command", "names no program", "Write the program first: command: [\"program\", \"argument\"].");
        }
        return arguments;
    }

    private static List<KeyValuePair<string, string>> ReadEnv(FileSection top)
    {
        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (top.Node("env") is not { } node)
        {
            return [];
        }
        if (node is not FileMap map || map.Entries.Count > EnvMax)
        {
            top.AddWrong("env", node, $"a mapping of at most {EnvMax} names to values", "Write env: { NAME: value }.");
            return [];
        }
        foreach (var (key, value) in map.Entries)
        {
            var path = $"env.{FileScalar.Clip(key.Value)}";
            if (key.Value.Length is 0 or > 256 || key.Value.Contains('='))
            {
                top.Add(key, Invalid, path, "is not a name; names have 1..256 characters and no =", "Rename it.");
            }
            else if (key.Value is "PORT" or "HOSTNAME")
            {
                top.Add(key, Conflict, path, "is set by the platform", key.Value == "PORT" ? "Remove it; port: says which." : "Remove it.");
            }
            else if (value is not FileScalar scalar || scalar.IsNull)
            {
                top.AddWrong(path, value, "text", $"Write a value; \"\" is an empty one.");
            }
            else if (!env.TryAdd(key.Value, scalar.Value))
            {
                top.Add(key, DuplicateKey, path, "is written twice", "Keep one of them.");
            }
        }
        return [.. env];
    }

    private static List<RouteSpec> ReadRoutes(FileSection top, string? service)
    {
        if (!top.Has("routes"))
        {
            return service is null ? [] : [new RouteSpec($"{service}.localhost")];
        }
        const string example = "routes: [ { host: blog.example.org, path: / } ]";
        var items = top.Items("routes", RoutesMax, "a list of hosts", $"Write {example}.");
        if (top.Node("routes") is FileList { Items.Count: 0 } empty)
        {
            top.Add(empty, Invalid, "routes", "is empty: no request would reach the service", "Remove it for <service>.localhost, or name a host.");
        }
        var routes = new List<RouteSpec>();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is not FileMap map)
            {
                top.AddWrong($"routes[{i}]", items[i], "a mapping with host and perhaps path", $"Write {example}.");
            }
            else if (top.ItemSection("routes", i, map, FileKeys.Route) is var section && ReadRoute(section) is { } route)
            {
                if (routes.Contains(route))
                {
                    section.Add(map, DuplicateKey, "host", $"{route.Host}{route.PathPrefix} is listed twice", "Keep one of them.");
                }
                routes.Add(route);
            }
        }
        return routes;
    }

    private static RouteSpec? ReadRoute(FileSection section)
    {
        if (!section.Has("host"))
        {
            section.AddMissing("host", "a route belongs to a host", "Add host: NAME, or *.NAME for all below it.");
            return null;
        }
        var host = section.Text("host", "a host name", "Write host: blog.example.org.");
        var path = section.Text("path", "a path that begins with /", "Write path: /api.");
        string? name = null, prefix = "/";
        if (host is not null && HostName.TryNormalize(host.Value, out name, out var reason) is false)
        {
            section.Add(host, Invalid, "host", $"is {host.Shown}; {reason}", "Write a host like blog.example.org or *.example.org.");
        }
        if (path is not null && PathPrefix.TryNormalize(path.Value, out prefix, out reason) is false)
        {
            section.Add(path, Invalid, "path", $"is {path.Shown}; {reason}", "Write a path like /api.");
        }
        return name is null || prefix is null || (section.Has("path") && path is null) ? null : new RouteSpec(name, prefix);
    }
}

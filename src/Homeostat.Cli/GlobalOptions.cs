using System.CommandLine;
using Homeostat.Client;

namespace Homeostat.Cli;

/// <summary>Options every verb has.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string?> _server = new("--server") { Description = "Platform to talk to: URL or unix:PATH (default HOMEOSTAT_SERVER)", Recursive = true, HelpName = "URL|unix:PATH" };

    private readonly Option<string> _output = new("--output", "-o") { Description = "How to show: table or json", Recursive = true, HelpName = "table|json", DefaultValueFactory = _ => "table" };

    private readonly Option<string?> _tenant = new("--tenant") { Description = "Tenant of the service (default: whichever has it)", Recursive = true, HelpName = "NAME" };

    public GlobalOptions() => _output.AcceptOnlyFromAmong("table", "json");

    /// <summary>Data directory: where <c>up</c> keeps everything, where the other verbs find its socket.</summary>
    public Option<string?> Data { get; } = new("--data") { Description = "Data directory of the platform (default HOMEOSTAT_DATA)", Recursive = true, HelpName = "DIR" };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(_server);
        root.Options.Add(Data);
        root.Options.Add(_tenant);
        root.Options.Add(_output);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_output) == "json";

    public string? Tenant(ParseResult parsed) => parsed.GetValue(_tenant);

    public HomeostatClient Connect(ParseResult parsed) => new(Address(parsed));

    /// <summary>--server, else --data, else HOMEOSTAT_SERVER, else the socket in HOMEOSTAT_DATA or the default data directory.</summary>
    public ServerAddress Address(ParseResult parsed) => ServerAddress.Discover(parsed.GetValue(_server), parsed.GetValue(Data));
}

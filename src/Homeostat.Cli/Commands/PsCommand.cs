using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat ps</c>: instances.</summary>
internal static class PsCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.Optional();
        var watch = new Option<bool>("--watch", "-w") { Description = "Show again every second" };
        var command = new Command("ps", "Lists instances, asleep ones too") { service, watch };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            return await Watch.RunAsync(terminal, parsed.GetValue(watch), async () =>
            {
                var instances = await client.InstancesAsync(globals.Tenant(parsed), parsed.GetValue(service), cancel);
                if (globals.Json(parsed))
                {
                    JsonOutput.Write(terminal, instances);
                    return;
                }
                Show(terminal, instances);
            }, cancel);
        });
        return command;
    }

    public static void Show(Terminal terminal, IReadOnlyList<InstanceInfo> instances)
    {
        if (instances.Count == 0)
        {
            terminal.Out.WriteLine("No instances. A request starts one; so does homeostat wake SERVICE.");
            return;
        }
        var table = new TextTable(
            new("ID", Shrinks: true), new("REV", Right: true), new("TIER"), new("BUSY", Right: true), new("AGE", Right: true), new("CPU", Right: true, Spare: 2),
            new("MEMORY", Right: true), new("PID", Right: true, Spare: 1), new("ADDRESS", Shrinks: true, Spare: 3));
        foreach (var i in instances)
        {
            var tier = i.Doing is null ? new TextCell(i.Tier, Paint.OfTier(i.Tier)) : new TextCell(i.Doing, Paint.Yellow);
            // In parentheses: not memory, but the image on disk.
            var memory = i is { Tier: "image", ImageBytes: > 0 } ? $"({Human.Size(i.ImageBytes)})" : Human.Size(i.MemoryBytes);
            table.Row(
                i.Id, $"{i.Revision}", tier, $"{i.InFlight}", Human.Age(terminal.Time.GetUtcNow() - i.StartedAt), Human.Cpu(i.CpuSeconds), memory, i.Pid is { } pid ? $"{pid}" : "-", i.Address ?? "-");
        }
        table.WriteTo(terminal);
    }
}

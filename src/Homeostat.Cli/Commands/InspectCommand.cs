using System.CommandLine;
using System.Text.Json;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat inspect</c>: all of a service.</summary>
internal static class InspectCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var command = new Command("inspect", "Shows all of a service: spec with defaults, revisions, process images, instances") { service };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var detail = await client.ServiceAsync(globals.Tenant(parsed), parsed.GetValue(service)!, cancel);
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, detail);
            }
            else
            {
                Show(terminal, detail);
            }
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Show(Terminal terminal, ServiceDetail detail)
    {
        var (summary, images) = (detail.Summary, detail.Images);
        Line("service", $"{summary.Service} of tenant {summary.Tenant}");
        Line("revision", $"{summary.Revision}, applied {detail.CreatedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}, {detail.Digest[..12]} ({detail.Revisions.Count} kept)");
        Line("tier", terminal.OutPaint(summary.Tier, Paint.OfTier(summary.Tier)));
        Line("routes", string.Join(", ", summary.Routes));
        if (images is not null)
        {
            Line("template", images is { Template: "ready", ClonesAllowed: true } ? $"ready, {Human.Size(images.TemplateBytes)}" : images.Template == "ready" ? "tried, not kept" : images.Template);
            Line("sleep image", images.Checkpointable switch { true => "possible", false => "not possible", null => "not known yet" });
            Line("prepared", $"{Human.Count(images.PoolCells, "cell")}, {Human.Count(images.Spares, "spare")}, {Human.Size(images.PoolBytes)}");
            ImageReport.ShowFindings(terminal, images);
        }
        if (detail.Load is { } load)
        {
            LoadReport.Show(load, Line);
        }
        Heading("Spec");
        ShowObject(detail.Spec, "  ");
        if (detail.Instances.Count > 0)
        {
            Heading("Instances");
            PsCommand.Show(terminal, detail.Instances);
        }

        void Heading(string text) => terminal.Out.WriteLine($"\n{terminal.OutPaint(text, Paint.Bold)}");

        void Line(string name, string value) => terminal.Out.WriteLine($"{terminal.OutPaint($"{name,-12}", Paint.Dim)}{value}");

        void ShowObject(JsonElement value, string indent)
        {
            foreach (var property in value.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Object && property.Value.EnumerateObject().Any(p => p.Value.ValueKind == JsonValueKind.Object))
                {
                    terminal.Out.WriteLine($"{indent}{property.Name}:");
                    ShowObject(property.Value, indent + "  ");
                    continue;
                }
                var line = $"{indent}{property.Name}: {Flow(property.Value)}";
                if (property.Value.ValueKind != JsonValueKind.Array || line.Length <= (terminal.Width ?? int.MaxValue))
                {
                    terminal.Out.WriteLine(Human.Cut(line, terminal.Width));
                    continue;
                }
                terminal.Out.WriteLine($"{indent}{property.Name}:");
                foreach (var item in property.Value.EnumerateArray())
                {
                    terminal.Out.WriteLine(Human.Cut($"{indent}  - {Flow(item)}", terminal.Width));
                }
            }
        }
    }

    /// <summary>As the service file writes it on one line.</summary>
    private static string Flow(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when !value.EnumerateObject().Any() => "{}",
        JsonValueKind.Object => $"{{ {string.Join(", ", value.EnumerateObject().Select(p => $"{p.Name}: {Flow(p.Value)}"))} }}",
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? v.GetRawText() : Flow(v)))}]",
        JsonValueKind.String => value.GetString() is { Length: > 0 } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? text : value.GetRawText(),
        _ => value.GetRawText(),
    };
}

using System.Text;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;
using Homeostat.Core.Services;

namespace Homeostat.Cli;

/// <summary>A service file as read here: its text, where relative paths in it start, and what the parser says.</summary>
/// <param name="Name">As people know it: the path as written, or <c>-</c>.</param>
internal sealed record LocalServiceFile(string Name, string Text, string BaseFolder, ServiceFileResult Parsed);

/// <summary>Finds and reads the service files a command names: files, folders, <c>-</c> for standard input.</summary>
internal static class ServiceFiles
{
    private static readonly string[] Endings = [".yaml", ".yml", ".json"];

    public static IReadOnlyList<LocalServiceFile> Read(IEnumerable<string> names, TextReader input) =>
        [.. names.SelectMany(Expand).Distinct().Select(name => ReadOne(name, input))];

    /// <summary>Says everything that is wrong in them; false when something is.</summary>
    public static bool Check(Terminal terminal, IReadOnlyList<LocalServiceFile> files)
    {
        foreach (var file in files.Where(f => f.Parsed.Errors.Count > 0))
        {
            Failures.ShowErrors(terminal, file.Name, file.Parsed.Errors.Select(ToProblem));
        }
        return files.All(f => f.Parsed.Errors.Count == 0);
    }

    public static ProblemError ToProblem(ServiceFileError e) => new(e.Line, e.Column, e.Code, e.Key, e.Message, e.Fix, e.Nearest);

    private static IEnumerable<string> Expand(string name)
    {
        if (name == "-" || File.Exists(name))
        {
            return [name];
        }
        if (!Directory.Exists(name))
        {
            throw new UsageException($"{name} does not exist", "Name a service file, a folder of them, or - for standard input.");
        }
        var usual = Path.Combine(name, "service.yaml");
        var found = File.Exists(usual) ? [usual] : Directory.GetFiles(name).Where(f => Endings.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0 ? found : throw new UsageException($"{name} has no service file", "A folder needs service.yaml, or files that end in .yaml, .yml or .json.");
    }

    private static LocalServiceFile ReadOne(string name, TextReader input)
    {
        var text = name == "-" ? ReadLimited(input) : ReadFile(name);
        var folder = name == "-" ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(name))!;
        return new LocalServiceFile(name, text, folder, ServiceFileParser.Parse(text, folder));
    }

    private static string ReadFile(string name)
    {
        using var reader = new StreamReader(name, Encoding.UTF8);
        return ReadLimited(reader);
    }

    /// <summary>A little more than the parser takes, so that it can say so; a disk image given by mistake is not read to its end.</summary>
    private static string ReadLimited(TextReader reader)
    {
        var buffer = new char[512 * 1024];
        return new string(buffer, 0, reader.ReadBlock(buffer));
    }
}

using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Services;

/// <summary>Whatever the text, the parser answers: a spec or errors with place, rule and fix; never an exception, never for long.</summary>
public sealed class ServiceFileFuzzTests
{
    private static readonly string[] Corpus =
        [ServiceFiles.Minimal, ServiceFiles.Full, .. Directory.GetFiles(ServiceFiles.GoldenFolder(), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private static readonly string[] Pieces =
        [":", "- ", "[", "]", "{", "}", "&a ", "*a", "!!binary ", "|", ">", "\"", "'", "#", "\n", "\n\n", "  ", "\t", "\0", "---\n", "...\n", "%YAML 1.2\n", "? ",
            "<<: ", "~", "\ud800", "\ufffe", "\u2028", "99999999999999999999", "1e309", "-", ",", "\\", "@", "`", "null", "host: ", "mounts: "];

    [Fact]
    public void Law_any_mutation_of_a_file_is_answered()
    {
        var edit = from at in Gen.Choose(0, 10_000) from cut in Gen.Choose(0, 12) from piece in Gen.Elements(Pieces) select (at, cut, piece);
        var mutated = from text in Gen.Elements(Corpus) from edits in Gen.ListOf(edit).Resize(8) select edits.Aggregate(text, Apply);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(mutated.ToArbitrary(), AnswersWell));
    }

    [Fact]
    public void Law_any_text_is_answered()
    {
        var text = from pieces in Gen.ListOf(Gen.Elements(Pieces)).Resize(60) select string.Concat(pieces);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(text.ToArbitrary(), AnswersWell));
    }

    [Theory]
    [InlineData("? ")]
    [InlineData("- ")]
    [InlineData("{a: ")]
    [InlineData("a:\n")]
    [InlineData("\"")]
    [InlineData("# \n")]
    [InlineData("a, ")]
    [InlineData("!a ")]
    [InlineData("- - ? : ")]
    public void Parse_LargestFileOfOnePiece_IsAnsweredInTime(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, FileTreeReader.CharsMax / piece.Length));
        var watch = Stopwatch.StartNew();

        _ = ServiceFileParser.Parse(text, "/base");

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{piece} took {watch.Elapsed}");
    }

    private static string Apply(string text, (int At, int Cut, string Piece) edit)
    {
        var at = edit.At % (text.Length + 1);
        return text[..at] + edit.Piece + text[Math.Min(text.Length, at + edit.Cut)..];
    }

    private static bool AnswersWell(string text)
    {
        var (spec, errors, _) = ServiceFileParser.Parse(text, "/base");
        if (spec is not null)
        {
            return errors.Count == 0 && ServiceFileParser.Parse(ServiceFileWriter.Write(spec), null).Spec is not null;
        }
        var places = errors.Select(e => (e.Line, e.Column)).ToList();
        return errors.Count > 0 && places.Order().SequenceEqual(places)
            && errors.All(e => e.Message.Length > 0 && e.Fix.EndsWith('.') | e.Fix.EndsWith('?') && !e.ToString().Any(char.IsControl));
    }
}

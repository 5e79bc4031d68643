"""Four short articles written for the tests of speakers: each paragraph with who says each of its sentences.

"-" is nobody. They quote in other ways than the article that the rules were first written for.
"""

ARTICLES = {
    "attendance office": [
        (
            "When mornings fall apart, families in Oakland turn to Priya Raman, a licensed clinical social worker, and to Carlos Mendoza, who runs the district's attendance office.",
            "-",
        ),
        (
            '"We see kids who throw up before the bus comes," said Raman. "Nobody is faking that. It is a body in alarm."',
            "raman raman raman",
        ),
        (
            'Mendoza, who started as a bus driver, said the letters go out by computer. "No human reads the file first," he said. "I wish somebody did."',
            "mendoza mendoza mendoza",
        ),
        ("In a 2023 report, the state wrote that absences had doubled.", "-"),
        (
            "\u201cIt broke my heart,\u201d recalled Denise Walker, a parent of two. \u201cHe was six years old.\u201d",
            "walker walker",
        ),
        ("Raman\u2019s advice is simple: start with sleep.", "-"),
        (
            "She also urges parents to call early. \u201cDo not wait for the second letter,\u201d she said.",
            "raman raman",
        ),
        (
            "Asked about fines, Mendoza shook his head. \u201cThat is a myth in this county,\u201d he said. \u201cWe have not fined anyone since I came here.\u201d",
            "- mendoza mendoza",
        ),
        (
            "\u201cThe law is not the enemy,\u201d said Ellen Park, an attorney with the Disability Law Project. \u201cBut deadlines are real, and parents miss them.\u201d",
            "park park",
        ),
        ("According to Park, a request in writing starts the clock.", "park"),
        ("Walker agreed. \u201cWe wrote one email and everything changed,\u201d she said, smiling.", "walker walker"),
        (
            "One teacher, who asked not to be named, said, \u201cWe are told to mark them absent no matter what the note says.\u201d",
            "-",
        ),
        (
            "\u201cYou can do this slowly,\u201d Raman told the group. \u201cOne door, one hallway, one class at a time.\u201d",
            "raman raman",
        ),
        (
            "Dr. Samuel Ortiz, a pediatrician at Children\u2019s Clinic, cautions against quick labels. In his view, stomach pain deserves an exam first. \u201cI examine every child,\u201d he says.",
            "ortiz - ortiz",
        ),
        ("The phrase \u201cschool refusal\u201d is not a diagnosis.", "-"),
    ],
    "podcast": [
        ("Our podcast this week features Hannah Brooks, M.Ed., an educational consultant in San Diego.", "-"),
        ("Host: Welcome back to the show.", "-"),
        (
            "\u201cI always start with the bedroom,\u201d Brooks told listeners. \u201cIs there a phone in it? Is there a door that locks?\u201d",
            "brooks brooks brooks",
        ),
        (
            "Her colleague Miguel Santos disagrees with part of that. \u201cPhones are a symptom,\u201d Santos said in a later segment. \u201cTake the phone and you still have the fear.\u201d",
            "- santos santos",
        ),
        ("Both experts note that parents blame themselves.", "-"),
        (
            "Brooks\u2019s first rule, she says, is to write things down. \u201cDates win meetings.\u201d",
            "brooks brooks",
        ),
        (
            "He described one family that moved twice. \u201cThey thought a new school would fix it,\u201d Santos said.",
            "santos santos",
        ),
        ("The district did not answer our questions.", "-"),
        ("\u201cWe take every absence seriously and follow state law,\u201d a spokesperson wrote in an email.", "-"),
        ("\u201cThat is not an answer,\u201d replied Brooks. \u201cIt is a brochure.\u201d", "brooks brooks"),
        (
            "Professor Ingrid Olsen of Lund University, whose team followed 400 children, found that small steps worked best. \u201cEvery skipped day makes the next one harder,\u201d Olsen wrote. \u201cBut the curve bends back.\u201d",
            "olsen olsen olsen",
        ),
        ("Olsen and Brooks recommend a written plan.", "olsen-brooks"),
        ("What does a plan look like? \u201cShort, dated and signed,\u201d according to Santos.", "- santos"),
        (
            "\u201cMy mother said, \u2018Just go,\u2019 every single day,\u201d said Tyler, 19, who missed most of ninth grade.",
            "-",
        ),
        ("Tyler now works at a library.", "-"),
    ],
    "coat rack": [
        ("Third-grade teacher Lila Thornton has seen it every fall for twenty years.", "-"),
        (
            "\u201cThere is always one child under the coat rack,\u201d Thornton says. \u201cYou sit down next to him. You do not pull.\u201d",
            "thornton thornton thornton",
        ),
        (
            "Marcus Bell, the father of twins, put it more bluntly: \u201cNobody tells you that the phone calls start at eight.\u201d",
            "bell",
        ),
        ("The twins are doing better this year, Bell says.", "bell"),
        (
            "Nadia Karim, LCSW, runs a weekly group for parents at the Elm Street clinic. She begins each meeting with one question. \u201cWhat went right this week?\u201d she asks.",
            "- - karim",
        ),
        (
            "Karim believes that shame is the biggest barrier. \u201cParents think they are the only ones,\u201d she explained. \u201cThen they hear nine others.\u201d",
            "karim karim karim",
        ),
        (
            "\u201cI would rather have a late child than no child,\u201d Principal Owen Fairbanks said at the May meeting.",
            "fairbanks",
        ),
        (
            "Fairbanks added that the school had changed its bell schedule. He called the change \u201coverdue.\u201d",
            "fairbanks -",
        ),
        ("Some parents were not convinced. \u201cThey moved the bell and nothing else,\u201d one mother said.", "- -"),
        ("For her part, Thornton keeps a basket of smooth stones on her desk.", "-"),
        (
            "\u201cPick one and hold it,\u201d she tells the children. \u201cGive it back at noon.\u201d",
            "thornton thornton",
        ),
        (
            "Dr. Yusuf Adeyemi, a child psychiatrist, cautioned that medication is not a first step. \u201cTherapy first,\u201d he said. \u201cThen we talk.\u201d",
            "adeyemi adeyemi adeyemi",
        ),
        ("Adeyemi and Karim both suggest a plan for holidays.", "adeyemi-karim"),
        ("As Bell puts it, \u201cA plan on the fridge beats a plan in a drawer.\u201d", "bell"),
    ],
    "bus stop": [
        (
            "The bus stop on Garden Avenue is where it usually happens, according to Beatriz Amaro, a kindergarten aide.",
            "amaro",
        ),
        (
            "\u201cThey hold on to the pole,\u201d Amaro said. \u201cI bring a puppet and we ride the bus together.\u201d",
            "amaro amaro",
        ),
        (
            "Her approach has the support of Jonah Whitfield, Ph.D., who directs the university's anxiety lab. Whitfield has studied separation since 2009.",
            "- -",
        ),
        (
            "\u201cWhat she is doing is exposure, even if she doesn't use the word,\u201d he said. \u201cIt is gentle, and it is daily.\u201d",
            "whitfield whitfield",
        ),
        (
            "Not every family can wait for a puppet. \u201cI have a shift at seven,\u201d said Rosalind Cho, whose son is in second grade. \u201cIf he won't get on the bus, I lose the hour and the pay.\u201d",
            "- cho cho",
        ),
        ("Cho asked the district for a later start. The district declined.", "cho -"),
        ("\u201cOur schedules are set in spring,\u201d reads the letter she received.", "-"),
        (
            "Whitfield recommends that schools track partial days. He points out that two hours is better than none.",
            "whitfield whitfield",
        ),
        ("\u201cCount the steps,\u201d he added, \u201cnot the misses.\u201d", "whitfield"),
        (
            "Legal aid lawyer Peter Nowak sees the same cases from the other end. \u201cBy the time they call me there is a hearing date,\u201d Nowak said. \u201cCall me in October.\u201d",
            "- nowak nowak",
        ),
        ("He says parents have the right to ask for an evaluation at any time.", "nowak"),
        ("Amaro isn\u2019t waiting. \u201cTomorrow the puppet has a birthday,\u201d she said.", "- amaro"),
    ],
}
